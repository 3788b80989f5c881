torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style cosine --train-samples 1000 --lr-warmup-fraction 0.0125 --global-batch-size 10
