"""What gives the outcome reward: a rubric judge (Eq. 12), or an ablation of Table 2; and the sum of the parts."""
