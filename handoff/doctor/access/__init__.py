"""Whether the shop's API gives the app, and us, what both need."""
