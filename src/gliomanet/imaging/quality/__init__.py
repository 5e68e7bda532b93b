"""Image quality metrics of cases and centres, and the pictures to judge them by."""
