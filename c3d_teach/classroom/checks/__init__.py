"""The oracle checks of the lessons' exercises, one exercise a module.

Each takes what the student wrote and returns a :class:`~c3d_teach.classroom.oracle.Verdict`.
Printing the verdict shows one sentence; a failing function never shows a traceback, and no
sentence holds the answer.
"""
