"""Labels: their values, the tasks made of them, and the WHO's classification of gliomas."""
