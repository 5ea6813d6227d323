"""The common ground of all controls: readable without a kernel, and swept by tests."""

from typing import Any
from weakref import WeakSet

import ipywidgets as widgets

_LIVE: WeakSet["Readable"] = WeakSet()


class Readable(widgets.VBox):
    """A box whose plain text is meant to be read where there is no kernel."""

    def __init__(self, children: Any = ()) -> None:
        super().__init__(children)
        _LIVE.add(self)

    def sweep(self) -> int:
        """Put every control at every value; how many positions were drawn.

        Raises:
            Exception: whatever drawing one of them raises.
        """
        raise NotImplementedError(f"{type(self).__name__} has no sweep()")

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = repr(self)  # ipywidgets would cut it at 110 characters
        return bundle


def sweep_all() -> int:
    """Sweep every control that is alive, as the last cell of a tested lesson does.

    Raises:
        Exception: whatever drawing one position raises.
    """
    return sum(one.sweep() for one in list(_LIVE))
