"""How the storefront and the phone show the goods; REST and GraphQL keep the recorded names."""

from __future__ import annotations

from dataclasses import dataclass

from handoff_sandbox.catalogue import Product

BRAND = "Osier"
ROOMS = ("Kitchen", "Table", "Home")


@dataclass(frozen=True, slots=True)
class Display:
    """What shoppers see of a product; `picture` names a file in `static/pictures/`."""

    name: str
    room: str
    picture: str
    words: str


def display_of(sku: str) -> Display:
    """Give what is shown for a sku of the demo's catalogue."""
    return _DISPLAYS[sku]


def shown(product: Product) -> Display:
    """Give what is shown for any product; those that the demo has not look all the same."""
    return _DISPLAYS.get(product.sku) or Display(product.name, "Home", "basket", product.option)


_DISPLAYS = {
    "ITEM-01": Display(
        "Linen tea towel", "Kitchen", "tea-towel", "Stonewashed, with a loop to hang it by."
    ),
    "ITEM-02": Display(
        "Beeswax tapers", "Home", "tapers", "A pair. They burn for seven hours and smell of it."
    ),
    "ITEM-03": Display(
        "Stoneware mug", "Table", "mug", "Glazed to the waist and thrown to fit two hands."
    ),
    "ITEM-04": Display(
        "Beech spoons", "Kitchen", "spoons", "A stirrer and a turner, oiled by hand."
    ),
    "ITEM-05": Display("Bud vase", "Home", "bud-vase", "For one flower, which is often enough."),
    "ITEM-06": Display(
        "Cork trivet", "Kitchen", "trivet", "For the pan that comes straight to the table."
    ),
    "ITEM-07": Display("Bay soap", "Home", "soap", "A bar of olive oil and bay on its own dish."),
    "ITEM-08": Display(
        "Dish brush", "Kitchen", "dish-brush", "Beech and sisal. The head can be replaced."
    ),
    "ITEM-09": Display(
        "Plant pot", "Home", "plant-pot", "Terracotta, with a hole where it matters."
    ),
    "ITEM-10": Display(
        "Storage jar", "Kitchen", "storage-jar", "One litre of glass under an oak lid."
    ),
    "ITEM-11": Display(
        "Breakfast bowl", "Table", "bowl", "Deep enough for porridge, wide enough for fruit."
    ),
    "ITEM-12": Display("Linen napkins", "Table", "napkins", "Four of them, in four colours."),
    "ITEM-13": Display("Glass carafe", "Table", "carafe", "Water for two, with a stopper of cork."),
    "ITEM-14": Display(
        "Enamel jug", "Kitchen", "jug", "For milk, for water, for the first tulips."
    ),
    "ITEM-15": Display(
        "Bread board", "Kitchen", "bread-board", "Ash, with a handle wide enough for a hand."
    ),
    "ITEM-16": Display("Peg rail", "Home", "peg-rail", "Three pegs of oak, for coats or cups."),
    "ITEM-17": Display(
        "Watering can", "Home", "watering-can", "Two litres, and a rose for seedlings."
    ),
    "ITEM-18": Display(
        "Willow basket", "Home", "basket", "Woven from one year's growth. Carries the shopping."
    ),
    "ITEM-19": Display("Alarm clock", "Home", "clock", "Two bells, no screen."),
    "ITEM-20": Display(
        "Iron teapot", "Table", "teapot", "Keeps four cups warm for as long as you talk."
    ),
    "ITEM-OOS": Display("Wool throw", "Home", "throw", "Lambswool, with a fringe."),
    "ITEM-FEW": Display(
        "Reading lamp", "Home", "lamp", "A warm pool of light, the size of a book."
    ),
    "ITEM-OFF": Display("Butter dish", "Table", "butter-dish", "Soft butter, any morning."),
}
