"""Whether the shop's data is what the app's features live on."""
