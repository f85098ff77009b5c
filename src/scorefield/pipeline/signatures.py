"""Signatures of methods, read from their source: no method is imported, nothing of it runs."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union

from scorefield.core import bounds
from scorefield.core.bounds import Count
from scorefield.core.errors import InputError
from scorefield.core.registry import SOURCE

TYPES: dict[str, Any] = {kind.__name__: kind for kind in (str, int, float, bool, list, dict, tuple)}
TYPES |= {"Literal": Literal, "Union": Union}
TYPES |= {name: kind for name, kind in vars(bounds).items() if not name.startswith("_")}
PARTS = (  # of an annotation: names, subscripts, bounds and alternatives, nothing that could act
    *(ast.Name, ast.Load, ast.Subscript, ast.Tuple, ast.List, ast.Constant),
    *(ast.BinOp, ast.BitOr, ast.UnaryOp, ast.USub, ast.Call, ast.keyword),
)
# the function whose knobs the sections of a kind have besides
BUDGETS = {"nets": ("experiments/training.py", "train")}
STATED = ("steps", "batch", "lr")  # of a budget: in every section of a network, whatever defaults


@dataclass(frozen=True)
class Knob:
    """A keyword-only argument: its type, and its default, ... where it has none."""

    kind: Any
    default: Any = ...

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is ...


@cache
def parsed(file: str) -> ast.Module:
    """The syntax tree of a file of this package. Raises InputError where it has none."""
    try:
        return ast.parse((SOURCE / file).read_text())
    except SyntaxError as error:
        raise InputError(f"src/scorefield/{file}, line {error.lineno}: {error.msg}") from None


def functions(file: str) -> Iterator[ast.FunctionDef]:
    """The functions of a file; those inside others are left out."""
    return (node for node in parsed(file).body if isinstance(node, ast.FunctionDef))


def function(file: str, name: str) -> ast.FunctionDef:
    """One of them. Raises InputError where there is none of that name."""
    for found in functions(file):
        if found.name == name:
            return found
    raise InputError(f"src/scorefield/{file}: expected a function {name}")


@cache
def knobs(file: str, name: str) -> dict[str, Knob]:
    """The knobs of a function, its keyword-only arguments, by name. Raises InputError for a type
    that is none of Python's own or of core/bounds, and for a default that is no literal."""
    found, given = {}, function(file, name).args
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        where = f"src/scorefield/{file}: {argument.arg}"
        kind = evaluated(argument.annotation, file, where) if argument.annotation else Any
        found[argument.arg] = Knob(kind, ... if default is None else literal(default, file, where))
    return found


def literal(default: ast.expr, file: str, where: str) -> Any:
    """The value of a default, or of the constant that it names. Raises InputError for one that
    would have to be computed."""
    if isinstance(default, ast.Name):
        return literal(*definition(default.id, file, where), where)
    try:
        return ast.literal_eval(default)
    except ValueError:
        raise InputError(
            f"{where}: expected a literal as its default, found {ast.unparse(default)}"
        ) from None


def evaluated(annotation: ast.expr, file: str, where: str) -> Any:
    """The type that an annotation stands for. Raises InputError for one that it cannot tell."""
    nodes = list(ast.walk(annotation))
    if not all(isinstance(node, PARTS) for node in nodes):
        raise InputError(f"{where}: expected a type of core/bounds, not {ast.unparse(annotation)}")
    known = {}
    for name in {node.id for node in nodes if isinstance(node, ast.Name)}:
        own = None if name in TYPES else definition(name, file, where)
        known[name] = evaluated(*own, where) if own else TYPES[name]
    return eval(compile(ast.Expression(annotation), file, "eval"), {"__builtins__": {}}, known)


@cache
def constants(file: str) -> dict[str, Any]:
    """The constants at the top of a file that are literals, by name: what a method states of
    itself, such as the KIND of data that it makes."""
    found: dict[str, Any] = {}
    for node in parsed(file).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            names = ast.unparse(node.targets[0]).strip("()").split(", ")
            with suppress(ValueError):
                value = ast.literal_eval(node.value)
                found |= dict(zip(names, value, strict=True) if names[1:] else [(names[0], value)])
    return found


def definition(name: str, file: str, where: str) -> tuple[ast.expr, str]:
    """What a file gives a name to, or imports under it from another file of this package, and the
    file in which it stands. Raises InputError where it is not found."""
    for node in parsed(file).body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == [name]:
            return node.value, file
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scorefield."):
            for imported in node.names:
                if name == (imported.asname or imported.name):
                    source = str(node.module).removeprefix("scorefield.").replace(".", "/")
                    return definition(imported.name, f"{source}.py", where)
    raise InputError(f"{where}: {name} is unknown; expected a type of core/bounds or a constant")


@cache
def section_knobs(kind: str, name: str) -> dict[str, Knob]:
    """The keys of a method's section: the knobs of its function and of its hook `condition`; of a
    network also its training budget, of a sampler its steps."""
    file = f"{kind}/{name}.py"
    found = dict(knobs(file, name))
    if any(each.name == "condition" for each in functions(file)):
        found |= knobs(file, "condition")
    if kind in BUDGETS:
        budget = knobs(*BUDGETS[kind])
        found |= budget | {key: Knob(budget[key].kind) for key in STATED}
    return found | ({"steps": Knob(Count)} if kind == "samplers" else {})


@cache
def guide(guidance: str) -> Literal["needed", "optional", "none"]:
    """Whether a guidance takes a second network: its argument `guide`, and that one's default."""
    given = function(f"guidance/{guidance}.py", guidance).args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    if "guide" not in names:
        return "none"
    return "needed" if names.index("guide") < len(names) - len(given.defaults) else "optional"


@cache
def schedules() -> list[str]:
    """The names of the noise schedules, from the table in core/schedule.py."""
    for node in parsed("core/schedule.py").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCHEDULES":
            return [str(k.value) for k in ast.walk(node.value) if isinstance(k, ast.Constant)]
    raise InputError("src/scorefield/core/schedule.py: expected a table SCHEDULES")


def scalable(kind: str, name: str) -> bool:
    """Whether a method has a scale, and does without a guide and a condition."""
    file = f"{kind}/{name}.py"
    if kind == "guidance" and guide(name) == "needed":
        return False
    bare = all(each.name != "condition" for each in functions(file))
    return bare and "scale" in knobs(file, name)
