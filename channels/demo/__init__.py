"""A realistic day from a laboratory, a radiology centre, pharmacies, a hospital and a practice. All invented."""
