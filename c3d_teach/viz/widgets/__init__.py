"""Controls for notebooks: move something, and see at once what becomes of it.

Each is drawn by a plain function of its state, so that tests sweep the whole range without a
browser. Without a running kernel a page shows their text, and every lesson has a static figure
beside each.
"""
