# Set-up and daily work. Needs Python 3.11 or newer and make; `make help` lists the targets.
#
#   PYTHON=...       the Python that .venv is made with (default: python3.11, else python3)
#   TORCH_INDEX=...  where torch comes from. On Linux without a GPU this saves GBs of CUDA:
#                    make app TORCH_INDEX=https://download.pytorch.org/whl/cpu
#   CHROMIUM=...     the Chrome or Chromium for the browser tests (default: the one on PATH)
#   ARGS=...         passed on to pytest, as in: make test ARGS="-k motion"

TORCH_INDEX ?=
ARGS ?=
BIN := .venv/bin
READY := .venv/.ready
# notebooks and tests call `c3d-teach` and `python`: they get those of .venv
RUN := PATH="$(CURDIR)/.venv/bin:$$PATH" $(BIN)

# decord, which decodes videos, has no build for a Mac but that for Python 3.11
SUITS := import sys; v = sys.version_info; sys.exit(v < (3, 11) or sys.platform == 'darwin' and v > (3, 12))
CANDIDATES := $(or $(PYTHON),python3.11 python3)
FIND_PYTHON = py=; for p in $(CANDIDATES); do \
	  if "$$p" -c "$(SUITS)" 2>/dev/null; then py=$$p; break; fi; done; \
	if [ -z "$$py" ]; then \
	  echo "Tried $(CANDIDATES): no Python 3.11 or newer (a Mac needs 3.11 itself). Install" \
	    "Python 3.11, or name one with make PYTHON=/path/to/python3.11." >&2; exit 1; fi

CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
# Two files of tests at a time. A crash ends the run, and the test that crashed is named: with its
# process replaced, pytest-xdist 3.8 would wait for ever at the end of the run.
SIDE_BY_SIDE := -n 2 --dist loadfile --max-worker-restart=0
WITHOUT := $(if $(CHROMIUM),, and not browser)
# torch's threads sleep, not spin, between computations
export OMP_WAIT_POLICY := PASSIVE

.PHONY: help install app lab test accept check notebooks nbgrader lock
.DEFAULT_GOAL := help

help:
	@echo "make install    install everything into .venv, and nothing else"
	@echo "make app        open the dashboard in a browser"
	@echo "make lab        open the lessons in JupyterLab"
	@echo "make test       check that everything works here (up to 15 minutes)"
	@echo "make accept     the long tests: loads, attacks, killed runs (about 35 minutes)"
	@echo "make check      style and types (1 minute)"
	@echo "make notebooks  build and run the lessons from notebooks/source (some minutes)"
	@echo "make nbgrader   install nbgrader, apart, for the long tests of the masters (1 minute)"
	@echo "make lock       write requirements.lock anew; UPGRADE=1 moves to the newest versions"
	@echo "The first of them also installs everything into .venv: 3 to 10 minutes, 2.7 GB of disk."

install: $(READY)
	@echo "Ready. The command is .venv/bin/c3d-teach; source .venv/bin/activate makes it c3d-teach."

app: $(READY)
	@echo "Starting the dashboard: open the address below in 5 seconds; Ctrl+C stops it."
	@$(RUN)/streamlit run app/main.py

lab: $(READY)
	@echo "Starting JupyterLab: a browser opens in 10 seconds; Ctrl+C twice stops it."
	@$(RUN)/jupyter lab --config=.jupyter/lab_config.py

test: $(READY)
	@echo "Testing the kit on this machine: up to 15 minutes on two cores."
	@$(if $(CHROMIUM),,echo "There is no Chromium here: what needs a browser is left out.")
	@$(RUN)/pytest tests --ignore=tests/acceptance $(SIDE_BY_SIDE) -m "not alone$(WITHOUT)" $(ARGS)

accept: $(READY)
	@echo "Running the acceptance tests: about 35 minutes on two cores."
	@$(if $(CHROMIUM),,echo "There is no Chromium here: what needs a browser is left out.")
	@OMP_NUM_THREADS=1 $(RUN)/pytest tests/acceptance -rP $(SIDE_BY_SIDE) --no-loadscope-reorder -m "not alone$(WITHOUT)" $(ARGS)
	@$(RUN)/pytest tests/acceptance -rP -m "alone$(WITHOUT)" $(ARGS)

check: $(READY)
	@echo "Checking style and types: about a minute."
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

notebooks: $(READY)
	@echo "Building and running the notebooks: some minutes."
	@$(RUN)/python notebooks/build.py

# Apart from .venv, for nbgrader brings a second Jupyter along, with menus that students do not need.
nbgrader: build/nbgrader/.ready
build/nbgrader/.ready: $(READY)
	@echo "Installing nbgrader into build/nbgrader: a minute."
	@$(BIN)/python -m venv --clear build/nbgrader
	@build/nbgrader/bin/python -m pip install --quiet "nbgrader>=0.9.5,<0.10"
	@touch $@

# The stamp is written last, so a set-up that was interrupted is taken up again.
$(READY): requirements.lock pyproject.toml
	@if ! $(BIN)/python -c "import pip; $(SUITS)" 2>/dev/null; then \
	  $(FIND_PYTHON); \
	  echo "Making .venv with $$py and installing the kit: 3 to 10 minutes, once."; \
	  "$$py" -m venv --clear .venv; \
	else echo "Bringing .venv up to requirements.lock: up to 5 minutes."; fi
ifneq ($(TORCH_INDEX),)
	@$(BIN)/python -m pip install --no-deps --index-url "$(TORCH_INDEX)" \
	  "$$(grep '^torch==' requirements.lock)"
endif
	@$(BIN)/python -m pip install -r requirements.lock
	@$(BIN)/python -m pip install --no-deps -e .
	@touch $@

# Pins stay as they are unless a range asks for more, or UPGRADE is given. Torch is held at
# one version by pyproject.toml; CUDA is left out, because torch itself pins the CUDA that
# it wants on Linux, and its CPU build wants none.
lock:
	@echo "Resolving the versions of requirements.lock: half a minute, needs a network."
	@$(FIND_PYTHON); set -e; mkdir -p build; "$$py" -m venv build/uv; \
	build/uv/bin/python -m pip install --quiet uv; \
	cp requirements.lock build/requirements.txt 2>/dev/null || true; \
	build/uv/bin/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --universal \
	  --python-version 3.11 $(foreach e,dev openvino onnx,--extra $e) --no-header --no-annotate --no-emit-index-url \
	  pyproject.toml --output-file build/requirements.txt; \
	{ echo "# Exact versions for class day, on Linux, macOS and Windows. Written by make lock."; \
	  grep -vE '^(#|nvidia-|cuda-|triton==)' build/requirements.txt; } > build/requirements.lock; \
	mv build/requirements.lock requirements.lock
