"""The mistakes a check knows by name, read from its text without running it."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

from c3d_teach.errors import UsageError

_SENTENCE = re.compile(r"^[A-ZΑ-Ω{`…].*[ ].*[ ].*[.?!]$", re.DOTALL)


def misconceptions(check: str) -> tuple[str, ...]:
    """Sentences with which ``classroom/checks/<check>.py`` names a mistake, in their order.

    What is filled in at run time stands as "…".

    Raises:
        UsageError: for a check that is not there.
    """
    spec = find_spec(f"c3d_teach.classroom.checks.{check}")
    if spec is None or spec.origin is None:
        raise UsageError(f"There is no check called {check!r} in c3d_teach/classroom/checks.")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    found = [" ".join(text.split()) for text in _strings(tree)]
    return tuple(dict.fromkeys(text for text in found if _SENTENCE.match(text)))


def _strings(tree: ast.AST) -> list[str]:
    """All texts but docstrings and praise; what is added to a text with += is part of it."""
    texts: list[str] = []
    ends: dict[str, int] = {}  # name -> the text it holds, among those found

    def visit(node: ast.AST) -> None:
        said = _text(node)
        if said is not None:
            texts.append(said)
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.keyword) and node.arg in ("praise", "name"):
            return
        if isinstance(node, ast.Assign | ast.AugAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name = target.id if isinstance(target, ast.Name) else ""
            said = _text(node.value)
            if "praise" in name.lower():
                return
            if isinstance(node, ast.AugAssign) and said is not None and name in ends:
                texts[ends[name]] += said
                return
            if said is not None:
                ends[name] = len(texts)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return texts


def _text(node: ast.AST) -> str | None:
    """A string, or an f-string with "…" for what is filled in; None for all else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    return None
