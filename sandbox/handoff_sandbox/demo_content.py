"""Names, descriptions and pictures that the storefront and the phone show.

REST and GraphQL answer with the recorded names.
"""

from __future__ import annotations

from dataclasses import dataclass

from handoff_sandbox.catalogue import Product

BRAND = "Osier"
CATEGORIES = ("Kitchen", "Table", "Home")


@dataclass(frozen=True, slots=True)
class ProductContent:
    """The content for one product. `picture` names a file in `static/pictures/`."""

    name: str
    category: str
    picture: str
    description: str


def require_demo_content(sku: str) -> ProductContent:
    """Return the content for a sku of the demo's catalogue, or raise KeyError."""
    return _CONTENT[sku]


def get_content(product: Product) -> ProductContent:
    """Return the content for any product. Products outside the demo share one picture."""
    return _CONTENT.get(product.sku) or ProductContent(
        product.name, "Home", "basket", product.option
    )


_CONTENT = {
    "ITEM-01": ProductContent(
        "Linen tea towel", "Kitchen", "tea-towel", "Stonewashed, with a loop to hang it by."
    ),
    "ITEM-02": ProductContent(
        "Beeswax tapers", "Home", "tapers", "A pair. They burn for seven hours and smell of it."
    ),
    "ITEM-03": ProductContent(
        "Stoneware mug", "Table", "mug", "Glazed to the waist and thrown to fit two hands."
    ),
    "ITEM-04": ProductContent(
        "Beech spoons", "Kitchen", "spoons", "A stirrer and a turner, oiled by hand."
    ),
    "ITEM-05": ProductContent(
        "Bud vase", "Home", "bud-vase", "For one flower, which is often enough."
    ),
    "ITEM-06": ProductContent(
        "Cork trivet", "Kitchen", "trivet", "For the pan that comes straight to the table."
    ),
    "ITEM-07": ProductContent(
        "Bay soap", "Home", "soap", "A bar of olive oil and bay on its own dish."
    ),
    "ITEM-08": ProductContent(
        "Dish brush", "Kitchen", "dish-brush", "Beech and sisal. The head can be replaced."
    ),
    "ITEM-09": ProductContent(
        "Plant pot", "Home", "plant-pot", "Terracotta, with a hole where it matters."
    ),
    "ITEM-10": ProductContent(
        "Storage jar", "Kitchen", "storage-jar", "One litre of glass under an oak lid."
    ),
    "ITEM-11": ProductContent(
        "Breakfast bowl", "Table", "bowl", "Deep enough for porridge, wide enough for fruit."
    ),
    "ITEM-12": ProductContent(
        "Linen napkins", "Table", "napkins", "Four of them, in four colours."
    ),
    "ITEM-13": ProductContent(
        "Glass carafe", "Table", "carafe", "Water for two, with a stopper of cork."
    ),
    "ITEM-14": ProductContent(
        "Enamel jug", "Kitchen", "jug", "For milk, for water, for the first tulips."
    ),
    "ITEM-15": ProductContent(
        "Bread board", "Kitchen", "bread-board", "Ash, with a handle wide enough for a hand."
    ),
    "ITEM-16": ProductContent(
        "Peg rail", "Home", "peg-rail", "Three pegs of oak, for coats or cups."
    ),
    "ITEM-17": ProductContent(
        "Watering can", "Home", "watering-can", "Two litres, and a rose for seedlings."
    ),
    "ITEM-18": ProductContent(
        "Willow basket", "Home", "basket", "Woven from one year's growth. Carries the shopping."
    ),
    "ITEM-19": ProductContent("Alarm clock", "Home", "clock", "Two bells, no screen."),
    "ITEM-20": ProductContent(
        "Iron teapot", "Table", "teapot", "Keeps four cups warm for as long as you talk."
    ),
    "ITEM-OOS": ProductContent("Wool throw", "Home", "throw", "Lambswool, with a fringe."),
    "ITEM-FEW": ProductContent(
        "Reading lamp", "Home", "lamp", "A warm pool of light, the size of a book."
    ),
    "ITEM-OFF": ProductContent("Butter dish", "Table", "butter-dish", "Soft butter, any morning."),
}
