"""A net that was put together by hand, as a table of its layers."""

from matplotlib.figure import Figure

from c3d_teach.models.arithmetic import Full, Layer, Row, short
from c3d_teach.models.built import Built
from c3d_teach.viz.net_table import NetLine, net_table


def net_figure(built: Built, *, title: str) -> Figure:
    """The picture of such a net (see :func:`c3d_teach.viz.net_table.net_table`)."""
    return net_table(net_lines(built), title=title, says=built.says, ends_at=built.ends_at)


def net_lines(built: Built) -> list[NetLine]:
    """Its layers in words, up to where time runs out."""
    dead = {one.layer: (len(one.slices), one.depth) for one in built.dead}
    pairs = zip(built.layers, built.rows, strict=False)
    return [_line(layer, row, dead.get(row.name)) for layer, row in pairs]


def _line(layer: Layer, row: Row, dead: tuple[int, int] | None) -> NetLine:
    flat = isinstance(layer, Full)
    return NetLine(
        row.name,
        "" if isinstance(layer, Full) else "×".join(map(str, layer.kernel)),
        None if flat else row.shape[1],
        "×".join(map(str, row.shape)),
        row.parameters,
        row.macs,
        short(row.macs),
        "×".join(map(str, row.receptive_field)),
        dead,
    )
