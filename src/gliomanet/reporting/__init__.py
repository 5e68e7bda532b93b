"""Pages and figures for readers: the study, and the quality of its images."""
