from c3d_teach.cli import run

run()
