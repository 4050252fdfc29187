"""How long people wait for each other, in real browsers."""
