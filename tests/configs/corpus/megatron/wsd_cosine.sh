torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style WSD --train-iters 200 --lr-warmup-iters 20 --lr-wsd-decay-iters 50 --lr-wsd-decay-style cosine
