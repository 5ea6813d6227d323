"""How JupyterLab opens the lessons: ``jupyter lab --config=.jupyter/lab_config.py``.

``make lab`` types just that. Nothing here, and nothing that it switches on, asks the internet.
"""

from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - Jupyter puts it there

here = Path(__file__).resolve().parent
c.ServerApp.root_dir = str(here.parent)  # so that links from lessons to docs/ work
first = min((here.parent / "notebooks").glob("[0-9][0-9]_*.ipynb"), default=None)
if first is not None:
    c.LabApp.default_url = f"/lab/tree/notebooks/{first.name}"

# overrides.json and page_config.json beside this file: no question about Jupyter's news
c.LabApp.app_settings_dir = str(here)
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"  # the other one lists packages from elsewhere
c.ServerApp.jpserver_extensions = {"jupyterlab_jupytext": False}  # .py files stay text here
