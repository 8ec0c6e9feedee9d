"""What speaks for and against trusting a figure: neighbours, drift, calibration, warm-up."""
