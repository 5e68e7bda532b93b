"""Registration: coregistration of modalities, and the atlas."""
