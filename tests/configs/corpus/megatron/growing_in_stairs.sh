torchrun pretrain_gpt.py --lr 1.0e-3 --min-lr 1.0e-4 --lr-decay-style linear --train-samples 6000 --lr-warmup-fraction 0.01 --seq-length 10 --step-batch-size-schedule "0:8 1K:16 20K:64"
