# Two commands: make book, make test. Each needs Python 3.11 or later and nothing else.
PYTHON ?= python3
VENV := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
export PYTHONSAFEPATH := 1

.PHONY: help book serve check pdf offline test lint environment notebooks classroom worksheet grade fork \
  format clean colab rehearsal elsewhere

help:
	@echo "make book       execute every chapter and build the site (prints where it is)"
	@echo "make serve      show the built site at http://localhost:8000"
	@echo "make check      quick check, two minutes: style, types, spelling, the package's fast tests"
	@echo "make test       check everything: style, notebooks, package, site"
	@echo "make pdf        print the built site to one PDF (make book does this too)"
	@echo "make offline    one archive for a classroom without internet [WHEELS=1: with all dependencies]"
	@echo "make colab      execute the chapters with Colab's versions: make colab [CHAPTERS='14 91']"
	@echo "make rehearsal  execute the chapters' GPU runs, scaled down, on the CPU [CHAPTERS='24 51']"
	@echo "make elsewhere  execute the chapters the way other processors would [CHAPTERS='35 42']"
	@echo "make notebooks  put the set-up cell into every notebook and strip the outputs"
	@echo "make worksheet  shape problems to print, with an answer key: make worksheet SEED=1 COPIES=30"
	@echo "make grade      grade a folder of assignments: make grade SUBMISSIONS=folder"
	@echo "make classroom  make the students' copies of the assignments from their sources"
	@echo "make fork       make the book yours: REPOSITORY=https://github.com/you/name [SITE=https://...]"
	@echo "make lint       check only the style"
	@echo "make environment  create .venv with the package (most targets do this first)"
	@echo "make format     format the code the way make test expects"
	@echo "make clean      remove everything that was built, except the environment"

# The environment is checked first each time, which is instant where nothing has changed. The
# package is installed from its wheel, so notebooks and tests run what a reader would install.
environment:
	@PYTHONSAFEPATH= $(PYTHON) -m tools.environment

book: environment
	@$(VENV)/python -m tools.build

serve: book
	$(VENV)/python -m http.server --bind 127.0.0.1 --directory build/html 8000

# "make book" does this too, wherever it finds a Chromium; this alone reprints what is built.
pdf: environment
	@$(VENV)/python -m tools.pdf

# One archive for a classroom without internet. WHEELS=1 adds the wheels of all dependencies.
offline: book
	@$(VENV)/python -m tools.archive $(if $(WHEELS),--wheels)

# In an environment of its own, .venv-colab, with the versions of tools/colab.txt.
colab: environment
	@$(VENV)/python -m tools.colab $(CHAPTERS)

rehearsal: environment
	@$(VENV)/python -m tools.rehearsal $(CHAPTERS)

elsewhere: environment
	@$(VENV)/python -m tools.elsewhere $(CHAPTERS)

# What takes seconds comes first.
lint: environment
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/codespell
	$(VENV)/python -m tools.prose
	$(VENV)/python -m tools.setup_cell --check
	$(VENV)/python -m classroom.release --check
	$(VENV)/nbstripout --verify --keep-id book/*.ipynb classroom/*/*.ipynb
	$(VENV)/mypy

# Without the book: what a contributor waits for.
check: lint
	$(VENV)/pytest -n 2 --dist worksteal -m "not slow" tests/package \
	  --doctest-modules --pyargs alexnet_tutorial

# The site's tests read what "make book" built: a chapter is executed once, not again for them.
test: book lint
	$(VENV)/pytest -n 2 --dist worksteal --durations=20 tests \
	  --doctest-modules --ignore-glob="*/sitecustomize.py" --pyargs alexnet_tutorial tools classroom

notebooks: environment
	$(VENV)/python -m tools.setup_cell
	$(VENV)/nbstripout --keep-id book/*.ipynb classroom/source/*.ipynb
	$(VENV)/python -m classroom.release

classroom: environment
	$(VENV)/python -m classroom.release

# Needs no environment: a teacher who forks the book runs it first.
fork:
	@PYTHONSAFEPATH= $(PYTHON) -m tools.fork "$(REPOSITORY)" $(if $(SITE),"$(SITE)")

format: environment
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

worksheet: environment
	@test -n "$(SEED)" || { echo "Say which worksheet: make worksheet SEED=1 COPIES=30"; exit 2; }
	@$(VENV)/python -m classroom.worksheet --seed "$(SEED)" $(if $(COPIES),--copies "$(COPIES)")

grade: environment
	@test -n "$(SUBMISSIONS)" || { echo "Say which folder: make grade SUBMISSIONS=folder"; exit 2; }
	@$(VENV)/python -m classroom.grade "$(SUBMISSIONS)" $(if $(OUTPUT),--output "$(OUTPUT)")

clean:
	rm -rf build
