"""A network to play with: its shape arithmetic as a part of the page.

On the book's site the workbench runs in the page, without a server. Elsewhere (Jupyter, Colab)
the same HTML shows the layer's arithmetic and a link to the site, which opens what was shown.
"""

import base64
import html
import importlib.metadata
import json
from dataclasses import MISSING, dataclass, fields
from urllib.parse import urlencode

from alexnet_tutorial.shapes import VARIANTS, Architecture, ledger, variant
from alexnet_tutorial.shapes.architecture import KINDS, listed


def kinds() -> dict:
    """Say what each kind of layer has, for programs in other languages.

    Returns:
        ``{kind: {"required": [names], "defaults": {name: value}}}``, without the name, which
        every layer has.

    Example:
        >>> kinds()["dropout"]
        {'required': [], 'defaults': {'rate': 0.5}}
    """
    found = {}
    for kind, layer in KINDS.items():
        own = [field for field in fields(layer) if field.name != "name"]
        found[kind] = {
            "required": [field.name for field in own if field.default is MISSING],
            "defaults": {f.name: listed(f.default) for f in own if f.default is not MISSING},
        }
    return found


@dataclass(frozen=True)
class Workbench:
    """A network set on the workbench. Shows itself in a notebook and on the book's site.

    Args:
        network: The network.
        layer: Name of the layer that is looked at, or None for the first.
        compare_with: A second network, or None.
    """

    network: Architecture
    layer: str | None = None
    compare_with: Architecture | None = None

    @property
    def state(self) -> str:
        """What stands in the address after ``#``."""
        state = {"net": _written(self.network)}
        if self.layer is not None:
            state["layer"] = self.layer
        if self.compare_with is not None:
            state["compare"] = _written(self.compare_with)
        return urlencode(state)

    @property
    def url(self) -> str | None:
        """Address of this state on the book's site; None where the package is not installed."""
        address = site()
        return address and f"{address}book/workbench.html#{self.state}"

    def _summary(self) -> str:
        book = ledger(self.network)
        if self.layer is None:
            return f"{book.name}: {book.parameters:,} parameters, {book.macs:,} MACs"
        row = book[self.layer]
        shape = " × ".join(map(str, row.output))
        return f"{book.name}, {row.name}: {row.formula or 'the shape stays as it is'}; {shape} out"

    def __repr__(self) -> str:
        """Return the layer's formula, and the address."""
        return ". ".join(filter(None, [self._summary(), self.url and f"Workbench: {self.url}"]))

    def _repr_html_(self) -> str:
        link = "" if self.url is None else _LINK.format(html.escape(self.url))
        return (
            f'<alexnet-workbench state="{html.escape(self.state)}" style="display:block">'
            f"<p>{html.escape(self._summary())}.</p>{link}</alexnet-workbench>"
        )


_LINK = (
    '<p><a href="{}" target="_blank" rel="noopener">Open it on the workbench</a>, a page of the '
    "book where every number can be changed and the whole network follows.</p>"
)


def _written(network: Architecture) -> str:
    """A variant's name; any other network as its JSON in base64url after a tilde."""
    if VARIANTS.get(network.name) == network:
        return network.name
    text = json.dumps(network.to_json(), separators=(",", ":"))
    return "~" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def site() -> str | None:
    """Find the address of the book's site, as the installed package's pyproject.toml has it.

    Returns:
        The address, ending in a slash; None where the package is not installed.
    """
    try:
        urls = importlib.metadata.metadata("alexnet-tutorial").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    named = dict(line.split(", ", 1) for line in urls)
    return named.get("Book")


def show(
    network: str | Architecture,
    layer: str | None = None,
    compare_with: str | Architecture | None = None,
) -> Workbench:
    """Set a network on the workbench.

    Args:
        network: A variant's name, or a description.
        layer: Name of the layer to look at.
        compare_with: A second network, as ``network``.

    Returns:
        What a notebook shows: on the site the workbench itself, elsewhere the layer's arithmetic
        and a link to it.

    Raises:
        ValueError: There is no such variant or no such layer.
        TypeError: The network is neither a name nor a description.

    Example:
        >>> show("alexnet-2012", layer="conv1").state
        'net=alexnet-2012&layer=conv1'
    """
    network = _network(network)
    if layer is not None:
        network.layer(layer)  # an unknown name is refused
    return Workbench(network, layer, None if compare_with is None else _network(compare_with))


def _network(network: str | Architecture) -> Architecture:
    if isinstance(network, str):
        return variant(network)
    if isinstance(network, Architecture):
        return network
    raise TypeError(
        f"the workbench needs a variant's name or an Architecture, and received "
        f"{type(network).__name__}. Of a Keras model, ledger(model) shows the same numbers."
    )
