"""What a study saves: a list of records of one class in one file, so that no reader parses names.

A record is a frozen dataclass whose fields are tensors, dictionaries of tensors, numbers, text,
None, or other such records. Tensors stand in a safetensors file under names like `0.samples`; all
else, and which class it is, stands as JSON in the file's metadata.
"""

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from safetensors import safe_open
from torch import Tensor

from scorefield.core.errors import InputError
from scorefield.pipeline.files import load_tensors, save_tensors

Record = TypeVar("Record")
HEADER = "records"  # the one key of the metadata: the order of several is not kept


def save_records(path: str | Path, records: Sequence[Any]) -> None:
    """Write records of one class, in their order; equal records are equal bytes. Tensors come back
    on the CPU. Raises InputError where the file cannot be written."""
    (kind,) = {type(record) for record in records}
    tensors: dict[str, Tensor] = {}
    content = [_pack(record, str(i), tensors) for i, record in enumerate(records)]
    header = json.dumps({"class": kind.__name__, "records": content})
    save_tensors(path, tensors, {HEADER: header})


def load_records(path: str | Path, kind: type[Record]) -> list[Record]:
    """The records of a file, in their order, their tensors mapped into memory. Raises InputError
    for a file without records, with records of another class or of another version of it."""
    tensors = load_tensors(path)
    with safe_open(path, framework="pt") as file:
        header = json.loads((file.metadata() or {}).get(HEADER, "{}"))
    found = header.get("class", "none")
    if found != kind.__name__:
        raise InputError(f"{path}: expected records of {kind.__name__}, found {found}")
    try:
        return [_unpack(content, kind, tensors) for content in header["records"]]
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected {kind.__name__} of this version, but {error}; `dvc repro` makes it"
        ) from None


def _pack(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON, its tensors put into `tensors` under names that begin with `place`."""
    if isinstance(value, Tensor):
        tensors[place] = value.detach().cpu().clone()  # a file holds no two views of one memory
        return {"tensor": place}
    if isinstance(value, dict):
        items = {key: _pack(item, f"{place}.{key}", tensors) for key, item in value.items()}
        return {"items": items}
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
        return {"fields": {k: _pack(vars(value)[k], f"{place}.{k}", tensors) for k in names}}
    return value


def _unpack(content: Any, hint: Any, tensors: dict[str, Tensor]) -> Any:
    """The value that `_pack` made JSON of; `hint` is its type, which may be optional."""
    if not isinstance(content, dict):
        return content
    if "tensor" in content:
        return tensors[content["tensor"]]
    if "items" in content:
        return {key: _unpack(item, Tensor, tensors) for key, item in content["items"].items()}
    kind: Any = next(each for each in (hint, *get_args(hint)) if is_dataclass(each))
    hints = get_type_hints(kind)
    given = {key: _unpack(item, hints[key], tensors) for key, item in content["fields"].items()}
    return kind(**given)
