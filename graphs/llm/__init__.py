"""The one door to any chat model: classify every answer, retry in one place, keep to limits, count the cost."""
