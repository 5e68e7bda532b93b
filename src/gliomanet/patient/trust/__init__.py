"""The reasons not to trust a result: a patient beside the cases that a bundle's models learnt from."""
