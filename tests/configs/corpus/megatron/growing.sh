torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style cosine --train-samples 9000 --lr-warmup-samples 500 --lr-decay-samples 8000 --global-batch-size 64 --rampup-batch-size 16 16 1000
