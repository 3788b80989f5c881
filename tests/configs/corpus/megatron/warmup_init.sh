torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style constant --train-iters 50 --lr-warmup-iters 20 --lr-warmup-init 1e-5
