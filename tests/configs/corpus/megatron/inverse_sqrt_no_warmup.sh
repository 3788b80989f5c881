torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style inverse-square-root --train-iters 30 --global-batch-size 8
