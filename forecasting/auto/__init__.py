"""How the model `auto` finds the best model, or an average of a few, by trying others on origins held out.

`find` is the learner, `proposals` the models that are tried, `comparison` tries them, `tryout` is what came of one,
`held_out` the origins that they are compared on, `weights` says which to average.
"""
