"""From played runs to the data set: KardiaBench's six fields, the private side file, figures, checks, the card."""
