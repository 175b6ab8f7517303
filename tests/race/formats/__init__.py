"""One module per format that Octopus writes or a customer exports."""
