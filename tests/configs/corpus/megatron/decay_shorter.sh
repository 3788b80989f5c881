torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style cosine --train-iters 100 --lr-decay-iters 60
