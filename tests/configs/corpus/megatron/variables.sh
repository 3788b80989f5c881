LR=$1
ITERS=$(cat length.txt)
python pretrain_gpt.py --lr $LR --min-lr 1e-4 --train-iters $ITERS --lr-decay-style cosine
