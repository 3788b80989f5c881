torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style cosine --train-samples 4010 --lr-warmup-samples 405 --lr-decay-samples 3000 --global-batch-size 20
