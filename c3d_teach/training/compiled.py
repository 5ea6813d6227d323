"""A net that torch compiles at its first call; where that fails, the net itself."""

import warnings

import torch
from torch import Tensor, nn

_SAID = 120  # letters of a compiler's complaint, which may be pages


class Compiled:
    """Calls ``net`` through ``torch.compile``.

    Args:
        backend: one of torch's; its own by default.
    """

    def __init__(self, net: nn.Module, backend: str = "inductor") -> None:
        self._net, self._fast = net, torch.compile(net, dynamic=False, backend=backend)
        self._works: bool | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Logits of float clips, as the net gives them."""
        answer: Tensor
        if self._works is not False:
            try:
                answer = self._fast(x)
                self._works = True
                return answer
            except Exception as error:  # a compiler and its back end raise many kinds
                if self._works:
                    raise
                self._works = False
                why = " ".join(str(error).split())[:_SAID] or type(error).__name__
                warnings.warn(
                    f"torch could not compile the net ({why}); it is trained as it is.",
                    stacklevel=2,
                )
        answer = self._net(x)
        return answer
