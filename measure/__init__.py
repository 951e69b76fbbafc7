"""The yardstick that the other folders share: identifiers, judge, intervals, agreement (paper §5)."""
