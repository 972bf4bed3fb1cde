"""The version of Magento that the stand-in shop imitates, and their differences."""

from __future__ import annotations

from enum import StrEnum


class MagentoVersion(StrEnum):
    """A version whose answers were recorded."""

    V2_4_6 = "2.4.6"
    V2_4_7 = "2.4.7"
    V2_4_8 = "2.4.8"

    @property
    def missing_graphql_fields(self) -> dict[str, tuple[str, ...]]:
        """The fields of each type that the GraphQL of this version does not have."""
        if self is not MagentoVersion.V2_4_6:
            return {}
        return {
            "Cart": ("itemsV2",),
            "StoreConfig": ("is_guest_checkout_enabled", "is_one_page_checkout_enabled"),
            "Mutation": ("createGuestCart",),
        }

    @property
    def ignores_sku_case(self) -> bool:
        """Whether `addProductsToCart` accepts a sku in another case than the catalogue's."""
        return self is MagentoVersion.V2_4_8

    @property
    def mixes_up_variants(self) -> bool:
        """Whether two variants of one product in one call become two of the first."""
        return self is not MagentoVersion.V2_4_8

    @property
    def status_of_denied_query(self) -> int:
        """The HTTP status of a query that needs a customer's token and has none."""
        return 403 if self is MagentoVersion.V2_4_8 else 200
