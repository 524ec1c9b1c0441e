"""The published strategies, one a file, under the names that `selection.strategy` takes: pure functions of the view.

    uncertain             least_confidence, margin, entropy (basic.py), bald, committee
    different             coverage (basic.py), core_set, k_means, typiclust, max_herding, prob_cover, discriminative,
                          stratified
    uncertain, different  badge, cluster_margin, drop_query, cal, real, uncertainty_herding, weak_spots

None sees the model. Where the published rule needs what only a model has (dropout passes, gradients, a committee, its
predictions of labelled examples), it is derived from the view: surrogate.py; each rule says so. All are wrapped in
`subsampled`: they see candidates in the order of their ids, and no more than they can hold.
"""
