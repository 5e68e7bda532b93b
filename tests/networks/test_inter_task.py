import torch
from torch.nn import functional as F

from gliomanet.networks.blocks.convolution import average_and_max
from gliomanet.networks.blocks.inter_task import ClassifierWidths, InterTaskClassifier

WIDTHS = ClassifierWidths(shallow=4, deep=8, merged=6, hidden=5, bottleneck=1)


def classifier(tasks):
    torch.manual_seed(0)
    return InterTaskClassifier(3, 7, tasks, WIDTHS, dropout=0.5).eval()


def test_average_and_max_by_hand():
    maps = torch.tensor([[[1.0, 5.0], [-2.0, -4.0]]]).view(1, 2, 2, 1, 1)
    assert average_and_max(maps).tolist() == [[3.0, -3.0, 5.0, -2.0]]


def test_logits_and_features_of_tasks_with_different_classes():
    net = classifier({"idh": 2, "type": 4})
    logits, features = net(torch.randn(3, 3, 2, 2, 2), torch.randn(3, 7, 2, 2, 2))
    assert {task: value.shape for task, value in logits.items()} == {"idh": (3, 2), "type": (3, 4)}
    assert {task: value.shape for task, value in features.items()} == dict.fromkeys(("idh", "type"), (3, 5))


def test_a_task_takes_its_own_part_of_what_all_tasks_convolved():
    tasks = {"idh": 2, "grade": 3}
    net = classifier(tasks)
    shallow, deep = torch.randn(2, 3, 4, 4, 4), torch.randn(2, 7, 4, 4, 4)
    with torch.no_grad():
        _, features = net(shallow, deep)
        maps = []
        for convolved, part in ((net.shallow, 4), (net.deep, 8)):
            weight, x = convolved[0].weight, (shallow if part == 4 else deep)
            norm = convolved[1]
            for index in range(2):  # a convolution and a norm of its own a task
                rows = slice(index * part, (index + 1) * part)
                own = F.conv3d(x, weight[rows], padding=1)
                groups = norm.num_groups // 2
                maps.append(F.relu(F.group_norm(own, groups, norm.weight[rows], norm.bias[rows])))
        of_all = torch.cat(maps, dim=1)
        for index, task in enumerate(tasks):
            rows = slice(index * 6, (index + 1) * 6)
            conv, norm, _ = net.merge
            own = F.conv3d(of_all, conv.weight[rows])
            own = F.relu(F.group_norm(own, norm.num_groups // 2, norm.weight[rows], norm.bias[rows]))
            torch.testing.assert_close(net.hidden[task](average_and_max(own)), features[task], rtol=1e-4, atol=1e-5)
