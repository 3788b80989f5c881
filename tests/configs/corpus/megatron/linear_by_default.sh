torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --train-iters 100
