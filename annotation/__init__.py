"""People's words: annotators correct test-set turns in Argilla (paper §3.2, Appendix B.2)."""
