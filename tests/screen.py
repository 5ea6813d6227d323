"""What a Streamlit server has put on a visitor's screen, without a browser to draw it."""

import json
import random
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from google.protobuf.message import Message
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.ButtonGroup_pb2 import ButtonGroup
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

CONTROLS = (
    *("button_group", "checkbox", "multiselect", "number_input", "radio"),
    *("selectbox", "slider", "text_input"),
)
Value = Any  # str, float, bool, or a list of these: what a WidgetState can carry


@dataclass
class Control:
    """A widget that takes a choice.

    Attributes:
        kind: the name of its element.
        proto: as the server described it.
        value: as the visitor's browser holds it.
    """

    kind: str
    proto: Any
    value: Value

    @property
    def key(self) -> str:
        return str(self.proto.id.split("-", 2)[2])

    @cached_property
    def options(self) -> list[str]:
        given = getattr(self.proto, "options", ())
        return [option.content for option in given] if self.kind == "button_group" else list(given)

    def default(self) -> Value:
        """What the page starts with when neither a link nor anybody has chosen."""
        default = self.proto.default
        match self.kind:
            case "button_group" | "multiselect":
                return [self.options[k] for k in default]
            case "slider" if self.options:
                return [self.options[int(k)] for k in default]
            case "slider":
                return list(default)
            case "selectbox" | "radio":
                known = self.proto.HasField("default")
                return self.options[default] if known and self.options else None
            case "number_input":
                return float(default) if self.proto.HasField("default") else None
        return default

    def sent(self) -> Value:
        """What the server says it is set to."""
        if not self.proto.set_value:
            return self.default()
        match self.kind:
            case "button_group" | "multiselect":
                return list(self.proto.raw_values)
            case "slider":
                return list(self.proto.raw_value if self.options else self.proto.value)
            case "selectbox" | "radio":
                return self.proto.raw_value
        return self.proto.value

    def another(self, chance: random.Random) -> Value:
        """Some other setting, as a visitor might choose it; the same if there is no other."""
        if self.kind == "checkbox":
            return not self.value
        if self.kind == "number_input" or (self.kind == "slider" and not self.options):
            step = self.proto.step or 1
            values = [
                self.proto.min
                + chance.randint(0, int((self.proto.max - self.proto.min) / step)) * step
                for _ in range(1 if self.kind == "number_input" else len(self.value))
            ]
            return values[0] if self.kind == "number_input" else sorted(values)
        if self.kind == "text_input" or not self.options:
            return self.value
        if self.kind == "slider":  # a range has two ends
            ends = sorted(chance.sample(range(len(self.options)), len(self.value)))
            return [self.options[k] for k in ends]
        held = self.value if isinstance(self.value, list) else [self.value]
        others = [option for option in self.options if option not in held]
        if self.kind in ("selectbox", "radio"):
            return chance.choice(others or self.options)
        if self.kind == "button_group" and self.proto.click_mode == ButtonGroup.SINGLE_SELECT:
            return [chance.choice(others or self.options)]
        if self.value and (not others or chance.random() < 0.5):  # one less, or one more
            dropped = chance.choice(self.value)
            return [value for value in self.value if value != dropped]
        return [*self.value, chance.choice(others)]

    def in_address(self) -> list[str] | None:
        """The values of its parameter, "" for nothing chosen; None while it is at its default."""
        if self.value == self.default() or self.value is None:
            return None
        values = self.value if isinstance(self.value, list) else [self.value]
        return [_written(value) for value in values] or [""]

    def state(self) -> WidgetState:
        """For the server, with the next run."""
        state = WidgetState(id=self.proto.id)
        match self.kind:
            case "button_group" | "multiselect":
                state.string_array_value.data[:] = self.value
            case "slider" if self.options:
                state.string_array_value.data[:] = self.value
            case "slider":
                state.double_array_value.data[:] = self.value
            case "checkbox":
                state.bool_value = self.value
            case "number_input" if self.value is not None:
                state.double_value = self.value
            case _ if self.value is not None:
                state.string_value = self.value
        return state


@dataclass
class Screen:
    """All elements by their place, as messages have put them there."""

    elements: dict[tuple[int, ...], tuple[str, Message]] = field(default_factory=dict)
    fragments: dict[tuple[int, ...], str] = field(default_factory=dict)

    def clear(self, fragments: list[str]) -> None:
        """Before a run: everything goes, or what these fragments drew."""
        gone = [p for p in self.elements if not fragments or self.fragments[p] in fragments]
        for place in gone:
            del self.elements[place], self.fragments[place]

    def put(self, message: ForwardMsg) -> None:
        place = tuple(message.metadata.delta_path)
        delta = message.delta
        what = delta.WhichOneof("type")
        if what == "new_transient":  # a spinner, or what stands there while it turns
            return
        below = [p for p in self.elements if p[: len(place)] == place]
        for old in below if what == "new_element" else below[:0] + [place] * (place in below):
            del self.elements[old], self.fragments[old]
        if what == "new_element":
            kind = delta.new_element.WhichOneof("type")
            if kind not in (None, "empty"):
                self.elements[place] = kind, getattr(delta.new_element, kind)
                self.fragments[place] = delta.fragment_id

    def of(self, *kinds: str) -> list[Any]:
        """Elements in the order in which they stand."""
        return [e for _, (kind, e) in sorted(self.elements.items()) if kind in kinds]

    def texts(self) -> list[str]:
        """All that is said: titles, paragraphs, alerts."""
        return [element.body for element in self.of("heading", "markdown", "alert")]

    def errors(self) -> list[str]:
        """Red boxes, and exceptions, which nobody should ever see."""
        boxes = [a.body for a in self.of("alert") if a.format == Alert.ERROR]
        return boxes + [f"{e.type}: {e.message}" for e in self.of("exception")]

    def charts(self) -> dict[str, dict[str, Any]]:
        """Plotly figures by key."""
        return {c.id.split("-", 2)[2]: json.loads(c.spec) for c in self.of("plotly_chart")}

    def pictures(self) -> list[str]:
        """Addresses of pictures and films; their names follow from their content."""
        return [image.url for images in self.of("imgs") for image in images.imgs]

    def controls(self) -> list[Control]:
        found = [
            Control(kind, proto, None)
            for _, (kind, proto) in sorted(self.elements.items())
            if kind in CONTROLS
        ]
        for control in found:
            control.value = control.sent()
        return found


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)
