"""Pictures of one patient: planes of the scanner's own images and of the atlas, with the tumour's outline."""
