torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style linear --train-iters 100 --lr-decay-iters 77 --lr-warmup-fraction 0.013
