"""From scanner files to one atlas grid, and the figures and pictures that say how well it went."""
