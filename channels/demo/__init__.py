"""A realistic day from a laboratory, a radiology centre, pharmacies, a hospital and a practice. All invented."""

from typing import Final

# Whom channels.population.people invents first: families with twins, some people without papers, some who know only the
# year of their birth
SEED: Final = 226
