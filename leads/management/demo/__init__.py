"""An office full of made-up enquiries, for trying out and for screenshots.

Everything follows from one seed and the moment of loading: the same people ask the same things,
as many days ago. Mail addresses end in example.org, .com or .de; phone numbers are those that the
Bundesnetzagentur keeps free for films, so nobody can be called or written to by mistake.
"""
