"""The sandbox shop with calls that take as long as at a real Magento."""
