"""What is measured, a file for each question. Each has a function run(bench, figures)."""
