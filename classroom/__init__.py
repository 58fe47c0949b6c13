"""The graded assignments: their sources, the students' copies, the grader, the worksheet."""
